// replay: stores vectors of BEATS beats and sends each REPEATS times.
//
// A ring of CAPACITY beats. The last sending of a vector frees its beats one by one, so that the next vector
// is written while this one is still being sent. A beat written can be read in the next cycle.

`default_nettype none

module replay #(
    parameter WIDTH    = 8,
    parameter BEATS    = 4,
    parameter REPEATS  = 2,
    parameter CAPACITY = 8
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

    localparam ADDRESS_BITS = CAPACITY > 1 ? $clog2(CAPACITY) : 1;
    localparam COUNT_BITS   = $clog2(CAPACITY + 1);
    localparam BEAT_BITS    = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam PASS_BITS    = REPEATS > 1 ? $clog2(REPEATS) : 1;

    localparam [31:0] LAST_WORD = CAPACITY - 1;
    localparam [31:0] ROOM      = CAPACITY;
    localparam [31:0] REWIND    = BEATS;
    localparam [31:0] LAST_BEAT = BEATS - 1;
    localparam [31:0] LAST_PASS = REPEATS - 1;

    (* ram_style = "distributed" *)
    reg [WIDTH-1:0] memory [0:CAPACITY-1];

    reg [ADDRESS_BITS-1:0] write_address;
    reg [ADDRESS_BITS-1:0] read_address;
    reg [ADDRESS_BITS-1:0] vector_address;  // first beat of the vector being sent
    reg [COUNT_BITS-1:0]   stored;          // beats written and not freed
    reg [COUNT_BITS-1:0]   ahead;           // of these, beats that this pass has not read
    reg [BEAT_BITS-1:0]    beat;
    reg [PASS_BITS-1:0]    pass;
    reg                    valid;
    reg [WIDTH-1:0]        data;

    wire write     = s_valid && s_ready;
    wire load      = ahead != {COUNT_BITS{1'b0}} && (!valid || m_ready);
    wire last_beat = beat == LAST_BEAT[BEAT_BITS-1:0];
    wire last_pass = pass == LAST_PASS[PASS_BITS-1:0];
    wire rewind    = load && last_beat && !last_pass;
    wire free      = load && last_pass;

    assign s_ready = stored != ROOM[COUNT_BITS-1:0];
    assign m_valid = valid;
    assign m_data  = data;

    function [ADDRESS_BITS-1:0] after;  // the next address of the ring
        input [ADDRESS_BITS-1:0] address;
        after = address == LAST_WORD[ADDRESS_BITS-1:0] ? {ADDRESS_BITS{1'b0}} : address + 1'b1;
    endfunction

    always @(posedge clk)
        if (write) memory[write_address] <= s_data;

    always @(posedge clk)
        if (load) data <= memory[read_address];

    // Ring: the writer runs ahead, the reader jumps back at the end of every pass but the last.
    always @(posedge clk)
        if (rst) begin
            write_address  <= {ADDRESS_BITS{1'b0}};
            read_address   <= {ADDRESS_BITS{1'b0}};
            vector_address <= {ADDRESS_BITS{1'b0}};
        end else begin
            if (write)             write_address  <= after(write_address);
            if (load)              read_address   <= rewind ? vector_address : after(read_address);
            if (free && last_beat) vector_address <= after(read_address);
        end

    // Position within the vector's sendings.
    always @(posedge clk)
        if (rst) begin
            beat <= {BEAT_BITS{1'b0}};
            pass <= {PASS_BITS{1'b0}};
        end else if (load) begin
            beat <= last_beat ? {BEAT_BITS{1'b0}} : beat + 1'b1;
            if (last_beat) pass <= last_pass ? {PASS_BITS{1'b0}} : pass + 1'b1;
        end

    always @(posedge clk)
        if (rst) begin
            stored <= {COUNT_BITS{1'b0}};
            ahead  <= {COUNT_BITS{1'b0}};
            valid  <= 1'b0;
        end else begin
            if (write && !free) stored <= stored + 1'b1;
            if (free && !write) stored <= stored - 1'b1;
            ahead <= ahead + {{(COUNT_BITS-1){1'b0}}, write} - {{(COUNT_BITS-1){1'b0}}, load}
                   + (rewind ? REWIND[COUNT_BITS-1:0] : {COUNT_BITS{1'b0}});
            valid <= load || (valid && !m_ready);
        end

endmodule

`default_nettype wire
