"""Models: validation, serialisation, errors."""

import datetime
import decimal
import enum
import json
import typing
import uuid

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator


class Colour(enum.Enum):
    RED = "red"


class Address(BaseModel):
    street: str = Field(min_length=2)
    zip: str | None = None


class User(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    id: int
    name: str
    joined: datetime.datetime
    tags: list[str] = []
    address: Address | None = None
    colour: Colour = Colour.RED
    balance: decimal.Decimal = decimal.Decimal("0.10")
    extra: dict[str, int | float] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def capital(cls, value):
        if value != value.title():
            raise ValueError("not capitalised")
        return value

    @model_validator(mode="after")
    def check(self):
        if self.id < 0:
            raise ValueError("negative id")
        return self


user = User.model_validate({"id": "7", "name": " Ada ", "joined": "2020-02-29T12:00:00Z", "address": {"street": "Main"}, "extra": {"a": 1, "b": 2.5}})
print(repr(user))
print(user.model_dump_json(), user.model_dump(exclude={"joined"}))
print(User.model_validate_json(user.model_dump_json()) == user, user.model_copy(update={"id": 8}).id)
for bad in ({"id": "x", "name": "ada", "joined": 1}, {"id": -1, "name": "Ada", "joined": 0}, {"address": {"street": "x"}}):
    try:
        User.model_validate(bad)
    except ValidationError as e:
        print(json.dumps([(x["type"], x["loc"], x["msg"]) for x in e.errors()]))
print(json.dumps(User.model_json_schema(), sort_keys=True)[:200])
adapter = TypeAdapter(list[tuple[int, typing.Literal["a", "b"], uuid.UUID]])
print(adapter.validate_python([("1", "a", str(uuid.UUID(int=3)))]), adapter.dump_json([(1, "b", uuid.UUID(int=1))]))
users = [User(id=i, name="X", joined=i) for i in range(100)]
print(sum(u.id for u in users), len(TypeAdapter(list[User]).dump_json(users)))
