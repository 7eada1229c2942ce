// plane_join: a bit plane and the next higher one, which is worth SHIFT bits more and may count negative.

`default_nettype none

module plane_join #(
    parameter IN       = 8,
    parameter SHIFT    = 1,
    parameter NEGATIVE = 0
) (
    input  wire [IN-1:0]     low,
    input  wire [IN-1:0]     high,
    output wire [IN+SHIFT:0] sum
);

    // The upper bits of the lower plane and all of the higher one, with a bit to grow.
    wire [IN:0] a = {{(SHIFT+1){low[IN-1]}}, low[IN-1:SHIFT]};
    wire [IN:0] b = {high[IN-1], high};

    assign sum = {NEGATIVE != 0 ? a - b : a + b, low[SHIFT-1:0]};

endmodule

`default_nettype wire
