// stage: a level's results, behind a register where one stands there.

`default_nettype none

module stage #(
    parameter WIDTH      = 8,
    parameter REGISTERED = 1
) (
    input  wire             clk,
    input  wire             enable,
    input  wire [WIDTH-1:0] in,
    output wire [WIDTH-1:0] out
);

    generate
        if (REGISTERED != 0) begin : registered
            reg [WIDTH-1:0] held;

            always @(posedge clk)
                if (enable) held <= in;

            assign out = held;
        end else begin : direct
            wire unused = &{1'b0, clk, enable};

            assign out = in;
        end
    endgenerate

endmodule

`default_nettype wire
