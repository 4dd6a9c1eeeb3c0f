"""What every test module shares."""

from hypothesis import settings

# A slow or busy machine is no defect of what is tested. In CI hypothesis derandomizes by itself.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")
