/* Writes a small JPEG that Pillow cannot write: ink ycck (Adobe's four channels, 2x2 subsampled), rgb-adobe (three channels that are
   no YCbCr), restart (a restart marker after each two blocks, arithmetic coding). See make.py. */
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

int main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "";
  const int inks = strcmp(name, "ycck") == 0, restart = strcmp(name, "restart") == 0, channels = inks ? 4 : 3;
  struct jpeg_compress_struct encoder;
  struct jpeg_error_mgr errors;
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  jpeg_stdio_dest(&encoder, stdout);
  encoder.image_width = 23;
  encoder.image_height = 17;
  encoder.input_components = channels;
  encoder.in_color_space = inks ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&encoder);
  if (inks) jpeg_set_colorspace(&encoder, JCS_YCCK);
  else if (!restart) jpeg_set_colorspace(&encoder, JCS_RGB), encoder.write_Adobe_marker = TRUE;
  if (restart) encoder.restart_interval = 2, encoder.arith_code = TRUE;
  if (inks) encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = 2, encoder.comp_info[3].h_samp_factor = encoder.comp_info[3].v_samp_factor = 2;
  jpeg_set_quality(&encoder, 80, TRUE);
  jpeg_start_compress(&encoder, TRUE);
  JSAMPLE row[23 * 4];
  JSAMPROW rows[1] = {row};
  for (int y = 0; y < 17; ++y) {
    for (int x = 0; x < 23; ++x)
      for (int c = 0; c < channels; ++c) row[x * channels + c] = (JSAMPLE)(40 + 7 * x * (c + 1) % 180 + 2 * y + (x > y ? 30 : 0));
    jpeg_write_scanlines(&encoder, rows, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  return 0;
}
