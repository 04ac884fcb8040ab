"""What is sealed at a station and opened by staff alone: personal data that waits for the library system.

Sealing needs no secret: the station holds a public key, so a thief of its disk has nothing to open it with. The private
key lies beside it, once for each staff member, locked by that member's code.
"""

from kioskd.vault.keys import Vault, VaultTrouble

__all__ = ["Vault", "VaultTrouble"]
