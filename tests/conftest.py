"""What every test module shares."""

import signal

import pytest
from hypothesis import settings

# A shell that runs us in the background has SIGINT ignored, and every process that a test starts
# would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A slow or busy machine is no defect of what is tested. In CI hypothesis derandomizes by itself.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare on which database the tests of the migration run."""
    parser.addoption("--engine", choices=("sqlite",), default="sqlite")
