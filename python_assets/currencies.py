"""Currencies, as far as money in whole cents has to know them."""

# Of ISO 4217: those whose minor unit is not the hundredth, so that cents would be wrong for them.
WITHOUT_CENTS = (
    *("BHD", "BIF", "CLF", "CLP", "DJF", "GNF", "IQD", "ISK", "JOD", "JPY", "KMF", "KRW", "KWD"),
    *("LYD", "OMR", "PYG", "RWF", "TND", "UGX", "UYI", "UYW", "VND", "VUV", "XAF", "XOF", "XPF"),
)
