;; Loads, stores, copies and fills beyond memory, each a fault of its own, with nothing written.
;; fire: entry
;; expect fault {"probe":"load","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"store","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fill","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"fill_all","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"copy","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"nothing_beyond","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"copy","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"fill","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"fill_all","firings":1,"rejected":0,"records":0,"faults":{"out_of_fuel":1},"drops":{}}
;; expect summary {"probe":"load","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"nothing_beyond","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
;; expect summary {"probe":"nothing_there","firings":1,"rejected":1,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"store","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
(module
  (memory (export "memory") 1)
  (func (export "fn:till.cart.*:entry#load") (drop (i64.load offset=0xFFFFFFFF (i32.const -1))))
  (func (export "fn:till.cart.*:entry#store") (i64.store offset=8 (i32.const 65528) (i64.const 1)))
  (func (export "fn:till.cart.*:entry#fill") (memory.fill (i32.const 65535) (i32.const 7) (i32.const 2)))
  (func (export "fn:till.cart.*:entry#fill_all") (memory.fill (i32.const 0) (i32.const 7) (i32.const -1)))
  (func (export "fn:till.cart.*:entry#copy") (memory.copy (i32.const -1) (i32.const 0) (i32.const 1)))
  (func (export "fn:till.cart.*:entry#nothing_there") (memory.copy (i32.const 65536) (i32.const 65536) (i32.const 0)))
  (func (export "fn:till.cart.*:entry#nothing_beyond") (memory.copy (i32.const 65537) (i32.const 0) (i32.const 0))))
