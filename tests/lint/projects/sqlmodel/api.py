from models import Hero, HeroRead
from sqlmodel import Session, select


def found(session: Session, read: HeroRead):
    heroes = session.exec(select(Hero).where(Hero.created_at > "2024")).all()  # TSC303: 51
    print(read.created_at)
    return [hero.created_at for hero in heroes]  # TSC306: 18
