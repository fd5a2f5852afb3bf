"""Statements and mapped classes, compiled for two dialects."""

from sqlalchemy import ForeignKey, create_mock_engine, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship(back_populates="posts")


counts = (
    select(User.name, func.count(Post.id).label("n")).join(User.posts).where(User.name.like("a%")).group_by(User.name)
)
for dialect in postgresql.dialect(), sqlite.dialect():
    print(counts.compile(dialect=dialect))
print(select(User).where(User.id.in_([1, 2, 3])).compile(compile_kwargs={"literal_binds": True}))
Base.metadata.create_all(
    create_mock_engine("postgresql+psycopg://", lambda sql, *a, **k: print(sql.compile(dialect=postgresql.dialect()))),
    checkfirst=False,
)
user = User(name="ada", posts=[Post(), Post()])
print(len(user.posts), user.posts[0].author is user)
