;; Records without an end.
;; fire: 2x entry
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect record {"probe":"fn:till.cart.*:entry","point":"entry","fields":{"n":5e-324}}
;; expect fault {"probe":"fn:till.cart.*:entry","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:till.cart.*:entry","firings":2,"rejected":0,"records":32,"faults":{"out_of_fuel":2},"drops":{"per_fire":2878}}
(module
  (import "probe1.field" "n" (func $field (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (memory (export "memory") 32)
  (data (i32.const 16) "x")
  (func (export "fn:till.cart.*:entry")
    (loop $again
      (call $field (i64.const 1)) (drop (call $emit))
      (br $again))))
