;; A start that worked once and does not again: the module is disarmed, and nobody tries any more.
;; fire: 2x entry
;; renew
;; fire: 2x entry
;; renew
;; expect fault {"probe":"one","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"one","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect state {"probe":"one","state":"disarmed","reason":"`_initialize` ended in a wasm trap: wasm `unreachable` instruction executed","functions":0}
;; expect state {"probe":"two","state":"disarmed","reason":"`_initialize` ended in a wasm trap: wasm `unreachable` instruction executed","functions":0}
;; expect summary {"probe":"one","firings":1,"rejected":0,"records":0,"faults":{"trap":2},"drops":{"renewing":1}}
;; expect summary {"probe":"two","firings":0,"rejected":0,"records":0,"faults":{},"drops":{"renewing":2}}
(module
  (import "probe1.map.add" "starts" (func $add (param i64 i64) (result i64)))
  (func (export "_initialize")
    (if (i64.ne (call $add (i64.const 0xFFF9_0000_0000_0000) (i64.const 0xFFF9_0000_0000_0001)) (i64.const 0xFFF9_0000_0000_0001))
      (then (unreachable))))
  (func (export "fn:shop.cart.*:entry#one") (unreachable))
  (func (export "fn:shop.cart.*:entry#two")))
