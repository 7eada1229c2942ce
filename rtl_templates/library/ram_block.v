// ram_block: block RAM with a port to write and a port to read, which has an output register.
//
// A word is not to be read in the cycle in which it is written.

`default_nettype none

module ram_block #(
    parameter WIDTH        = 8,
    parameter DEPTH        = 16,
    parameter ADDRESS_BITS = 4
) (
    input  wire                    clk,

    input  wire                    write,
    input  wire [ADDRESS_BITS-1:0] write_address,
    input  wire [WIDTH-1:0]        write_data,

    input  wire                    read,
    input  wire [ADDRESS_BITS-1:0] read_address,
    output reg  [WIDTH-1:0]        read_data
);

    (* ram_style = "block" *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];

    always @(posedge clk)
        if (write) memory[write_address] <= write_data;

    always @(posedge clk)
        if (read) read_data <= memory[read_address];

endmodule

`default_nettype wire
