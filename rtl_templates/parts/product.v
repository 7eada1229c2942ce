<%- match multiply %>
<%- when Multiply::Xnor with { x, w } %>
            // -1 is 0 and +1 is 1: the product of two is whether they are equal.
            assign product[i] = <{ x }>[i] ~^ <{ w }>[i];
<%- when Multiply::Negate with { value, sign, bits, extended } %>
            // Times +1 or -1.
            wire [<{ bits - 1 }>:0] value = <{ value }>[i*<{ bits }> +: <{ bits }>];
            wire [PRODUCT-1:0] wide = <{ extended }>;
            assign product[i*PRODUCT +: PRODUCT] = <{ sign }>[i] ? wide : -wide;
<%- when Multiply::Lut with { a, b } %>
            lut_multiply #(
                .A_BITS   (<{ a.bits }>),
                .A_SIGNED (<{ a.signed }>),
                .B_BITS   (<{ b.bits }>),
                .B_SIGNED (<{ b.signed }>)
            ) multiply (
                .a       (<{ a.name }>[i*<{ a.bits }> +: <{ a.bits }>]),
                .b       (<{ b.name }>[i*<{ b.bits }> +: <{ b.bits }>]),
                .product (product[i*PRODUCT +: PRODUCT])
            );
<%- when Multiply::Dsp with { a, b } %>
            wire signed [<{ a.signed_bits - 1 }>:0] a = <{ a.operand }>;
            wire signed [<{ b.signed_bits - 1 }>:0] b = <{ b.operand }>;
            (* use_dsp = "yes" *)
            wire signed [PRODUCT-1:0] p;

            assign p = a * b;
            assign product[i*PRODUCT +: PRODUCT] = $unsigned(p);
<%- endmatch %>
