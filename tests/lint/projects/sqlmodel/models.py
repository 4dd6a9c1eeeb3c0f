from sqlmodel import Field, SQLModel


class HeroBase(SQLModel):
    created_at: str  # TSC304: 5


class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)


class HeroRead(HeroBase):
    id: int
