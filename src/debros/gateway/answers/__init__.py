"""The shapes of JSON answers, one file per group of routes; the API's document is made from them."""
