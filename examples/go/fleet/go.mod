module github.com/libzfssa/libzfssa/examples/go/fleet

go 1.24.0

require github.com/libzfssa/libzfssa/bindings/go v0.0.0

replace github.com/libzfssa/libzfssa/bindings/go => ../../../bindings/go
