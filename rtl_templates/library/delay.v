// delay: a beat as it was DEPTH steps ago.
//
// A shift register a bit, without reset: a few look-up tables hold 32 bits each.

`default_nettype none

module delay #(
    parameter WIDTH = 8,
    parameter DEPTH = 4
) (
    input  wire             clk,
    input  wire             step,
    input  wire [WIDTH-1:0] in,
    output wire [WIDTH-1:0] out
);

    genvar i;
    generate
        for (i = 0; i < WIDTH; i = i + 1) begin : line
            reg [DEPTH-1:0] shift;

            assign out[i] = shift[DEPTH-1];

            if (DEPTH == 1) begin : one
                always @(posedge clk)
                    if (step) shift <= in[i];
            end else begin : several
                always @(posedge clk)
                    if (step) shift <= {shift[DEPTH-2:0], in[i]};
            end
        end
    endgenerate

endmodule

`default_nettype wire
