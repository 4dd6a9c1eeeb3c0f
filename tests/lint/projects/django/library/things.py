from django.db import models


class Book(models.Model):
    written = models.DateTimeField(db_column="created_at")  # TSC304: 47

    class Meta:
        app_label = "library"
