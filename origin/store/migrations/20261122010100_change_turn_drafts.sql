-- Pictures of packs that were being drawn when turns became AVIF are JPEG:
-- they are drawn again, from the same seeds.

UPDATE pack_items SET outcome = NULL, prompt = NULL, answer = NULL, images = NULL,
    image_lengths = NULL, clarity = NULL, judgement = NULL
FROM packs
WHERE packs.id = pack_items.pack AND packs.type = 'turn' AND packs.state = 'drawing';
