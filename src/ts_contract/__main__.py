"""The command line as `python -m ts_contract`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="ts-contract")
