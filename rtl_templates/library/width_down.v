// width_down: splits an input beat into RATIO output beats, lowest first.
//
// The last of a vector's BEATS input beats makes only LAST_RATIO output beats: the rest of it is padding.
// DEPTH is that of the input buffer: 2 where input beats may follow each other directly (LAST_RATIO = 1).

`default_nettype none

module width_down #(
    parameter OUT_WIDTH  = 8,
    parameter RATIO      = 2,
    parameter BEATS      = 4,
    parameter LAST_RATIO = 2,
    parameter DEPTH      = 1
) (
    input  wire                       clk,
    input  wire                       rst,

    input  wire                       s_valid,
    output wire                       s_ready,
    input  wire [RATIO*OUT_WIDTH-1:0] s_data,

    output wire                       m_valid,
    input  wire                       m_ready,
    output wire [OUT_WIDTH-1:0]       m_data
);

    localparam IN_WIDTH  = RATIO * OUT_WIDTH;
    localparam LEFT_BITS = $clog2(RATIO + 1);
    localparam BEAT_BITS = BEATS > 1 ? $clog2(BEATS) : 1;

    localparam [31:0] WHOLE     = RATIO;
    localparam [31:0] PART      = LAST_RATIO;
    localparam [31:0] LAST_BEAT = BEATS - 1;

    wire                 wide_valid;
    wire                 wide_ready;
    wire [IN_WIDTH-1:0]  wide_data;
    reg  [LEFT_BITS-1:0] left;   // output beats still to send
    reg  [IN_WIDTH-1:0]  shift;
    wire [LEFT_BITS-1:0] fresh;  // output beats in the buffered input beat

    wire pop  = m_valid && m_ready;
    wire load = wide_valid && wide_ready;

    assign m_valid    = left != {LEFT_BITS{1'b0}};
    assign m_data     = shift[OUT_WIDTH-1:0];
    assign wide_ready = !m_valid || (m_ready && left == {{(LEFT_BITS-1){1'b0}}, 1'b1});

    always @(posedge clk)
        if (rst)       left <= {LEFT_BITS{1'b0}};
        else if (load) left <= fresh;
        else if (pop)  left <= left - 1'b1;

    always @(posedge clk)
        if (load)     shift <= wide_data;
        else if (pop) shift <= {{OUT_WIDTH{1'b0}}, shift[IN_WIDTH-1:OUT_WIDTH]};

    generate
        if (LAST_RATIO == RATIO) begin : whole
            assign fresh = WHOLE[LEFT_BITS-1:0];
        end else begin : padded
            reg  [BEAT_BITS-1:0] beat;
            wire                 last_beat = beat == LAST_BEAT[BEAT_BITS-1:0];

            assign fresh = last_beat ? PART[LEFT_BITS-1:0] : WHOLE[LEFT_BITS-1:0];

            always @(posedge clk)
                if (rst)       beat <= {BEAT_BITS{1'b0}};
                else if (load) beat <= last_beat ? {BEAT_BITS{1'b0}} : beat + 1'b1;
        end

        if (DEPTH == 1) begin : half_rate
            stream_half #(
                .WIDTH (IN_WIDTH)
            ) buffer (
                .clk     (clk),
                .rst     (rst),
                .s_valid (s_valid),
                .s_ready (s_ready),
                .s_data  (s_data),
                .m_valid (wide_valid),
                .m_ready (wide_ready),
                .m_data  (wide_data)
            );
        end else begin : full_rate
            stream_skid #(
                .WIDTH (IN_WIDTH)
            ) buffer (
                .clk     (clk),
                .rst     (rst),
                .s_valid (s_valid),
                .s_ready (s_ready),
                .s_data  (s_data),
                .m_valid (wide_valid),
                .m_ready (wide_ready),
                .m_data  (wide_data)
            );
        end
    endgenerate

endmodule

`default_nettype wire
