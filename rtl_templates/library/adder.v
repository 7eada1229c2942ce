// adder: two terms.
//
// A module of its own, so that synthesis builds one carry chain for it before it looks at what stands around it.

`default_nettype none

module adder #(
    parameter IN     = 6,
    parameter OUT    = 7,  // at most one more than IN; where it is less, the sum wraps
    parameter SIGNED = 1
) (
    input  wire [IN-1:0]  a,
    input  wire [IN-1:0]  b,
    output wire [OUT-1:0] sum
);

    generate
        if (OUT < IN) begin : wrapping
            wire unused = &{1'b0, a[IN-1:OUT], b[IN-1:OUT]};

            assign sum = a[OUT-1:0] + b[OUT-1:0];
        end else if (OUT == IN) begin : whole
            assign sum = a + b;
        end else if (SIGNED != 0) begin : signed_terms
            assign sum = {a[IN-1], a} + {b[IN-1], b};
        end else begin : unsigned_terms
            assign sum = {1'b0, a} + {1'b0, b};
        end
    endgenerate

endmodule

`default_nettype wire
