// rom_block: read-only memory in block RAM, with a registered output.

`default_nettype none

module rom_block #(
    parameter WIDTH        = 8,
    parameter DEPTH        = 16,
    parameter ADDRESS_BITS = 4,
    parameter FILE         = ""  // hexadecimal words, address 0 first
) (
    input  wire                    clk,
    input  wire                    enable,
    input  wire [ADDRESS_BITS-1:0] address,
    output reg  [WIDTH-1:0]        data
);

    (* rom_style = "block" *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];

    generate
        if (FILE != "") begin : image
            initial $readmemh(FILE, memory);
        end
    endgenerate

    always @(posedge clk)
        if (enable) data <= memory[address];

endmodule

`default_nettype wire
