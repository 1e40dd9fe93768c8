;; A module that does not come to its end while it starts.
;; fire: entry
;; expect error `_initialize` ran out of fuel: 10000000 are allowed (`initialize_fuel_max`)
(module
  (memory (export "memory") 32)
  (func (export "_initialize") (loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x10000)) (br $again)))
  (func (export "fn:till.cart.*:entry")))
