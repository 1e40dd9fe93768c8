;; WASI.
;; = import `wasi_snapshot_preview1` `fd_write` is not available in this version yet
;; = hint: build without WASI, as for the target `wasm32-unknown-unknown`
(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))) (func (export "fn:a.b:entry")))
