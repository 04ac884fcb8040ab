"""Entries as other systems' files, when there is no way up over SIP2. Pure: entries in, bytes out.

Formats that are not public are not guessed: SirsiDynix' standlog and Polaris' TRN have no writer here.
"""
