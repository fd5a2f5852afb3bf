"""Renders a page of a table through Django's templates, which `scripts/pyperf-compare --fetch` got, from the first call on."""

import os
import sys

import report

sys.path.insert(0, os.path.join(os.environ["TANDEM_LAB_FETCHED"], "pyperformance", "site"))

import django
from django.conf import settings
from django.template import Context, Template

settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}])
django.setup()

PAGE = Template("""{% autoescape on %}<h1>{{ title }}</h1>
<table>{% for row in rows %}<tr class="{% cycle 'odd' 'even' %}">
{% for cell in row %}<td>{{ cell|upper }}{% if forloop.last %}!{% endif %}</td>{% endfor %}</tr>{% endfor %}</table>
{% endautoescape %}""")


def render(number):
    rows = [[f"<{row}>", f"{number % 100}&{row}", "text"] for row in range(5)]
    return len(PAGE.render(Context({"title": f"Page {number}", "rows": rows})))


print(report.warm_up(int(sys.argv[1]), render))
