"""What the nodes inside a loop tell the loop."""

from typing import Final

# In the variables of a round: it is to be the last one.
ENDED: Final = ("#loop", "ended")
