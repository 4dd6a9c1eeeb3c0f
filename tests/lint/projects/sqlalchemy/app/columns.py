from sqlalchemy.orm import mapped_column as column
