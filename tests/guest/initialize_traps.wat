;; A module whose `_initialize` traps does not load.
;; expect error `_initialize` ended in a wasm trap: wasm `unreachable` instruction executed
(module (func (export "_initialize") (unreachable))
  (func (export "fn:shop.cart.*:entry")))
