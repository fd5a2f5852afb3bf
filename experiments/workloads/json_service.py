"""Requests that are parsed from JSON, answered, and written as JSON."""

import json
import sys


def answer(request):
    items = request["items"]
    total = sum(item["price"] * item["count"] for item in items)
    by_name = {item["name"]: item for item in items}
    return {"user": request["user"]["name"], "total": round(total, 2), "first": sorted(by_name)[0], "items": len(items)}


def main(requests):
    done = 0
    for number in range(requests):
        items = [{"name": f"item {n}", "price": n * 1.25, "count": n % 5, "tags": ["a", "b"]} for n in range(number % 40 + 1)]
        text = json.dumps({"user": {"name": f"user {number}", "id": number}, "items": items})
        done += len(json.dumps(answer(json.loads(text))))
    print(done)


main(int(sys.argv[1]))
