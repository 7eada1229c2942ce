// fifo: first in, first out, in distributed memory.
//
// Holds DEPTH beats; a beat written is visible in the next cycle.

`default_nettype none

module fifo #(
    parameter WIDTH = 8,
    parameter DEPTH = 16
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_valid,
    output wire             s_ready,
    input  wire [WIDTH-1:0] s_data,

    output wire             m_valid,
    input  wire             m_ready,
    output wire [WIDTH-1:0] m_data
);

    localparam ADDRESS_BITS = $clog2(DEPTH);
    localparam COUNT_BITS   = $clog2(DEPTH + 1);

    localparam [31:0] LAST_WORD = DEPTH - 1;
    localparam [31:0] CAPACITY  = DEPTH;

    (* ram_style = "distributed" *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];

    reg [ADDRESS_BITS-1:0] write_address;
    reg [ADDRESS_BITS-1:0] read_address;
    reg [COUNT_BITS-1:0]   count;

    wire push = s_valid && s_ready;
    wire pop  = m_valid && m_ready;

    assign s_ready = count != CAPACITY[COUNT_BITS-1:0];
    assign m_valid = count != {COUNT_BITS{1'b0}};
    assign m_data  = memory[read_address];

    function [ADDRESS_BITS-1:0] after;  // the next address of the ring
        input [ADDRESS_BITS-1:0] address;
        after = address == LAST_WORD[ADDRESS_BITS-1:0] ? {ADDRESS_BITS{1'b0}} : address + 1'b1;
    endfunction

    always @(posedge clk)
        if (push) memory[write_address] <= s_data;

    always @(posedge clk)
        if (rst) begin
            write_address <= {ADDRESS_BITS{1'b0}};
            read_address  <= {ADDRESS_BITS{1'b0}};
            count         <= {COUNT_BITS{1'b0}};
        end else begin
            if (push) write_address <= after(write_address);
            if (pop)  read_address  <= after(read_address);
            if (push && !pop) count <= count + 1'b1;
            if (pop && !push) count <= count - 1'b1;
        end

endmodule

`default_nettype wire
