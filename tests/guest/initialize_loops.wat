;; Nor one whose `_initialize` does not end.
;; expect error `_initialize` ran out of fuel: 10000000 are allowed (`initialize_fuel_max`)
(module (func (export "_initialize") (loop (br 0)))
  (func (export "fn:shop.cart.*:entry")))
