// popcount: how many of up to sixteen bits are set.

`default_nettype none

module popcount #(
    parameter BITS  = 16,
    parameter COUNT = 5  // width of the count
) (
    input  wire [BITS-1:0]  bits,
    output reg  [COUNT-1:0] count
);

    integer i;

    always @* begin
        count = {COUNT{1'b0}};
        for (i = 0; i < BITS; i = i + 1)
            count = count + {{(COUNT-1){1'b0}}, bits[i]};
    end

endmodule

`default_nettype wire
