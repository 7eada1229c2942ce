// width_up: collects RATIO input beats into one output beat.
//
// A vector of BEATS input beats never shares an output beat with the next: where RATIO does not divide BEATS,
// the vector's last output beat is filled up with zeros. DEPTH is that of the output buffer: 1 where output
// beats are at least two input beats apart, else 2.

`default_nettype none

module width_up #(
    parameter IN_WIDTH = 8,
    parameter RATIO    = 2,
    parameter BEATS    = 4,
    parameter DEPTH    = 1
) (
    input  wire                      clk,
    input  wire                      rst,

    input  wire                      s_valid,
    output wire                      s_ready,
    input  wire [IN_WIDTH-1:0]       s_data,

    output wire                      m_valid,
    input  wire                      m_ready,
    output wire [RATIO*IN_WIDTH-1:0] m_data
);

    localparam SLOT_BITS  = $clog2(RATIO);
    localparam BEAT_BITS  = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam KEPT_WIDTH = (RATIO - 1) * IN_WIDTH;

    localparam [31:0] LAST_SLOT = RATIO - 1;
    localparam [31:0] LAST_BEAT = BEATS - 1;

    reg  [SLOT_BITS-1:0]      slot;
    reg  [KEPT_WIDTH-1:0]     kept;
    wire                      completes;
    wire                      can_accept;
    wire                      take = s_valid && s_ready;
    wire [RATIO*IN_WIDTH-1:0] collected;

    assign s_ready = !completes || can_accept;

    always @(posedge clk)
        if (rst)       slot <= {SLOT_BITS{1'b0}};
        else if (take) slot <= completes ? {SLOT_BITS{1'b0}} : slot + 1'b1;

    genvar i;
    generate
        if (BEATS % RATIO == 0) begin : whole
            // Every output beat is full: a shift register needs no address.
            assign completes = slot == LAST_SLOT[SLOT_BITS-1:0];
            assign collected = {s_data, kept};

            if (RATIO == 2) begin : pair
                always @(posedge clk)
                    if (take) kept <= s_data;
            end else begin : shift
                always @(posedge clk)
                    if (take) kept <= {s_data, kept[KEPT_WIDTH-1:IN_WIDTH]};
            end
        end else begin : padded
            reg  [BEAT_BITS-1:0] beat;
            wire                 last_beat = beat == LAST_BEAT[BEAT_BITS-1:0];

            assign completes = slot == LAST_SLOT[SLOT_BITS-1:0] || last_beat;

            always @(posedge clk)
                if (rst)       beat <= {BEAT_BITS{1'b0}};
                else if (take) beat <= last_beat ? {BEAT_BITS{1'b0}} : beat + 1'b1;

            for (i = 0; i < RATIO; i = i + 1) begin : lane
                localparam [31:0] OWN = i;
                wire arrives = slot == OWN[SLOT_BITS-1:0];

                if (i < RATIO - 1) begin : keep
                    // Cleared with every output beat, so that slots that are not reached read as zero.
                    always @(posedge clk)
                        if (rst || (take && completes)) kept[i*IN_WIDTH +: IN_WIDTH] <= {IN_WIDTH{1'b0}};
                        else if (take && arrives)       kept[i*IN_WIDTH +: IN_WIDTH] <= s_data;

                    assign collected[i*IN_WIDTH +: IN_WIDTH] = arrives ? s_data : kept[i*IN_WIDTH +: IN_WIDTH];
                end else begin : last
                    assign collected[i*IN_WIDTH +: IN_WIDTH] = arrives ? s_data : {IN_WIDTH{1'b0}};
                end
            end
        end

        if (DEPTH == 1) begin : half_rate
            stream_half #(
                .WIDTH (RATIO * IN_WIDTH)
            ) buffer (
                .clk     (clk),
                .rst     (rst),
                .s_valid (s_valid && completes),
                .s_ready (can_accept),
                .s_data  (collected),
                .m_valid (m_valid),
                .m_ready (m_ready),
                .m_data  (m_data)
            );
        end else begin : full_rate
            stream_skid #(
                .WIDTH (RATIO * IN_WIDTH)
            ) buffer (
                .clk     (clk),
                .rst     (rst),
                .s_valid (s_valid && completes),
                .s_ready (can_accept),
                .s_data  (collected),
                .m_valid (m_valid),
                .m_ready (m_ready),
                .m_data  (m_data)
            );
        end
    endgenerate

endmodule

`default_nettype wire
