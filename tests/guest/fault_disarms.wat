;; Three traps in the window, or ten times out of fuel, disarm that probe alone.
;; fire: 2x #trap entry
;; fire: 9x #fuel entry
;; fire: #fine entry
;; fire: #trap entry
;; fire: #fuel entry
;; fire: 5x #trap entry
;; fire: 5x #fuel entry
;; fire: #fine entry
;; expect fault {"probe":"trap","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"trap","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"trap","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect state {"probe":"trap","state":"disarmed","reason":"3 faults `trap` within 60 s","functions":0}
;; expect fault {"probe":"fuel","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect state {"probe":"fuel","state":"disarmed","reason":"10 faults `out_of_fuel` within 60 s","functions":0}
;; expect aggregation {"name":"fine","kind":"count","key":[],"value":2}
;; expect summary {"probe":"fine","firings":2,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"fuel","firings":10,"rejected":0,"records":0,"faults":{"out_of_fuel":10},"drops":{}}
;; expect summary {"probe":"trap","firings":3,"rejected":0,"records":0,"faults":{"trap":3},"drops":{}}
(module
  (import "probe1.count" "fine" (func $count (param i64)))
  (func (export "fn:shop.cart.*:entry#trap") (unreachable))
  (func (export "fn:shop.cart.*:entry?fuel=100#fuel") (loop $again (br $again)))
  (func (export "fn:shop.cart.*:entry#fine") (call $count (i64.const 0xFFF8_0000_0000_0000))))
