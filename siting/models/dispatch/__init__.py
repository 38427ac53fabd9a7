"""Size batteries and PV at stations, and dispatch them with V2G under one tariff and one grid."""
