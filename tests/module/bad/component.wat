;; A component.
;; = expected a core module, found a component
;; = hint: build a core module; components are not needed for probes
(component)
