"""The figures of each report: one module each, a pure function of cases and a request."""
