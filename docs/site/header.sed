# Placeholders of the header, such as <uuid> and volume@snapshot, are neither HTML nor commands.
s/<([A-Za-z][A-Za-z ]*)>/\&lt;\1\&gt;/g
s/([A-Za-z;])@/\1\\@/g
