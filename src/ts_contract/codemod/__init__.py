"""The source side of a change: findings become new source, safely or not at all."""
