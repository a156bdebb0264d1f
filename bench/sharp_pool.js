// Makes renditions with sharp, two files at a time in one process.
//
//	NODE_PATH=out/node/node_modules node sharp_pool.js VARIANT FROM TO
//
// VARIANT is thumbnail, preview or square, as in presets.yaml, or one of two ways to
// make four sizes at once: sizes decodes once, at the largest size, and clones
// pipelines from those pixels; sizes-of-file clones them from the file, which each
// then decodes as small as it can.
'use strict'

const fs = require('fs')
const path = require('path')
const sharp = require('sharp')

const atATime = 2
sharp.concurrency(1) // threads for each file
sharp.cache(false) // no file is met twice

const jpeg = (picture, target, quality) =>
	picture.jpeg({ quality, chromaSubsampling: '4:2:0' }).toFile(target)

const inside = (picture, side, target, quality) =>
	jpeg(picture.resize(side, side, { fit: 'inside' }), target, quality)

const fourSizes = (picture, target) =>
	Promise.all([1920, 1280, 640, 128].map((side) => inside(picture.clone(), side, `${target}_${side}.jpg`, 80)))

async function pixels(file, side) {
	const largest = sharp(file).resize(side, side, { fit: 'inside' })
	const { data, info } = await largest.raw().toBuffer({ resolveWithObject: true })
	return sharp(data, { raw: info })
}

const variants = {
	thumbnail: (file, target) => inside(sharp(file), 128, `${target}_thumbnail.jpg`, 75),
	preview: (file, target) => inside(sharp(file), 256, `${target}_preview.jpg`, 80),
	square: (file, target) => jpeg(sharp(file).resize(300, 300, { fit: 'fill' }), `${target}.jpg`, 75),
	sizes: async (file, target) => fourSizes(await pixels(file, 1920), target),
	'sizes-of-file': (file, target) => fourSizes(sharp(file), target),
}

async function main(variant, source, target) {
	fs.mkdirSync(target, { recursive: true })
	const files = fs.readdirSync(source).sort()
	const work = async () => {
		for (let file = files.shift(); file; file = files.shift()) {
			await variants[variant](path.join(source, file), path.join(target, path.parse(file).name))
		}
	}
	await Promise.all(Array.from({ length: atATime }, work))
}

main(...process.argv.slice(2)).catch((error) => {
	console.error(error)
	process.exit(1)
})
