"""Currencies: how many decimals each one has.

Source: ISO 4217, list one ("current currency & funds code list"), published by SIX Financial Information for ISO on
2026-01-01. Codes that the list gives no minor unit (gold, special drawing rights, test codes) are left out: nothing
is paid in them. The tests hold this table against the `iso4217` package, which reads the same list.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from goodwill.domain.errors import UnknownCurrency, WrongType

__all__ = ["EXPONENTS", "exponent_of"]

LISTED: Final[dict[int, str]] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW"
    " CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF"
    " IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK"
    " MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP"
    " SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG"
    " YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Final[dict[str, int]] = {code: exponent for exponent, codes in LISTED.items() for code in codes.split()}
"""Decimals of each active ISO 4217 currency, by code: 2 for USD, 0 for JPY, 3 for BHD."""


def exponent_of(currency: str) -> int:
    """How many decimals a currency has.

    Raises:
        UnknownCurrency: if ISO 4217 does not list the code as active; the message names the nearest ones.
        WrongType: if the code is not a str.

    Example:
        >>> exponent_of("JPY")
        0
    """
    if not isinstance(currency, str):
        raise WrongType(f"a currency is an ISO 4217 code such as 'USD', not {type(currency).__name__} {currency!r}")
    try:
        return EXPONENTS[currency]
    except KeyError:
        near = get_close_matches(currency.upper(), EXPONENTS, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "a code has three capital letters, for example USD"
        raise UnknownCurrency(f"{currency!r} is not an active ISO 4217 currency; {hint}") from None
