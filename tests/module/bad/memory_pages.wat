;; More memory than an instance gets.
;; = memory has 2162688 bytes, expected at most 2097152 (`guest_memory_bytes_max`)
;; = hint: ask for at most 32 pages, as with `-Clink-arg=--initial-memory=65536 -Clink-arg=-zstack-size=8192`; or take it as it is: `--profile large`, in Python `profile="large"`
(module (memory 33) (func (export "fn:a.b:entry")))
