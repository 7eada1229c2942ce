<%- for c in counters %>
    reg  [<{ c.bits() - 1 }>:0] <{ c.name }>;
    wire last_<{ c.name }> = <{ c.name }> == <{ c.bits() }>'d<{ c.count - 1 }>;
<%- if let Some(inner) = self.asked_end(c) %>
    wire end_<{ c.name }> = last_<{ c.name }> && <{ inner }>;
<%- endif %>
<%- if let Some((bits, _, _)) = c.phase_numbers() %>
    reg  [<{ bits - 1 }>:0] <{ c.name }>_phase;
<%- endif %>
<%- endfor %>
<%- if !counters.is_empty() %>

    always @(posedge clk)
        if (rst) begin
<%- for c in counters %>
            <{ c.name }> <= <{ c.bits() }>'d0;
<%- if let Some((bits, _, start)) = c.phase_numbers() %>
            <{ c.name }>_phase <= <{ bits }>'d<{ start }>;
<%- endif %>
<%- endfor %>
        end else if (<{ step }>) begin
<%- for c in counters %>
            <{ self.guard(c) }><{ c.name }> <= <{ c.next() }>;
<%- if let Some(next) = c.next_phase() %>
            <{ self.guard(c) }><{ c.name }>_phase <= <{ next }>;
<%- endif %>
<%- endfor %>
        end
<%- endif %>
