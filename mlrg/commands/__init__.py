"""What each command of `mlrg` does with its parsed options.

Results go to standard output, as JSON where asked for; notes on what a result is worth go to
standard error. Heavy modules are imported by the command that needs them.
"""
