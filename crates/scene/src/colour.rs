//! Colours by name, and the palettes that things are painted from.

use glam::Vec3;

use crate::seed::Dice;

/// Converts a colour in web notation to linear light.
pub(crate) fn srgb(hex: u32) -> Vec3 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Vec3::new(linear(red), linear(green), linear(blue))
}

fn linear(byte: u8) -> f32 {
    libm::powf(f32::from(byte) / 255.0, 2.2)
}

/// Converts light to what a screen shows. The plain 2.2 curve, not sRGB's with
/// its linear segment: a single `pow`.
pub(crate) fn shown(light: f32) -> f32 {
    libm::powf(light.clamp(0.0, 1.0), 1.0 / 2.2)
}

pub(crate) const CORAL: u32 = 0xEF_6F_6C;
pub(crate) const BRICK: u32 = 0xC8_55_3D;
pub(crate) const RED: u32 = 0xD9_3A_3F;
pub(crate) const ORANGE: u32 = 0xF0_8A_3C;
pub(crate) const MUSTARD: u32 = 0xF2_B4_41;
pub(crate) const LEMON: u32 = 0xF7_D7_5A;
pub(crate) const SAGE: u32 = 0x7F_B6_85;
pub(crate) const LEAF: u32 = 0x5B_A1_50;
pub(crate) const PINE: u32 = 0x3C_7D_57;
pub(crate) const TEAL: u32 = 0x2A_9D_8F;
pub(crate) const SKY: u32 = 0x5D_A9_E9;
pub(crate) const BLUE: u32 = 0x3E_6F_C4;
pub(crate) const NAVY: u32 = 0x34_4F_85;
pub(crate) const LILAC: u32 = 0xA5_8B_D6;
pub(crate) const PLUM: u32 = 0x7D_4E_8C;
pub(crate) const PINK: u32 = 0xF4_9A_B0;
pub(crate) const CREAM: u32 = 0xF6_E7_CB;
pub(crate) const WHITE: u32 = 0xF7_F4_EE;
pub(crate) const CHARCOAL: u32 = 0x40_44_4F;
pub(crate) const TAN: u32 = 0xC9_9A_67;
pub(crate) const OAK: u32 = 0xB9_82_4C;
pub(crate) const WALNUT: u32 = 0x84_56_34;
pub(crate) const STEEL: u32 = 0xB4_BC_C6;
pub(crate) const BRASS: u32 = 0xF0_BE_4E;
pub(crate) const COPPER: u32 = 0xC8_7F_56;

/// Strong colours that most toys come in.
pub(crate) const BRIGHT: &[u32] =
    &[CORAL, RED, BRICK, ORANGE, MUSTARD, SAGE, LEAF, TEAL, SKY, BLUE, NAVY, LILAC, PLUM, PINK];

/// Rooms: floor and wall colours, most of them calm beside the bright ones.
pub(crate) const ROOMS: &[u32] = &[
    0xDF_E7_EE, 0xF7_E3_D0, 0xD6_E7_DD, 0xE3_DB_F0, 0xF6_D9_DB, 0xCF_E2_F3, 0xF3_EB_CF, 0x9F_C2_D3,
    0xD9_B5_9F, 0xA3_BA_AE, 0xC3_B0_D2, 0xEC_C9_8D, 0x8F_A9_C9, 0xE8_E4_DC, 0xB8_7E_62, 0x6F_8F_86,
    0x5E_77_9A, 0x8B_6F_8E, 0xC8_8B_8B, 0x7A_93_5E, 0xD8_C2_6A, 0x56_6B_70, 0xA8_8A_6A, 0xBF_D6_E8,
];

/// A colour of a list, varied slightly in each channel.
pub(crate) fn near(dice: &mut Dice, hex: u32) -> Vec3 {
    let shade = dice.within(0.88..=1.1);
    let drift =
        Vec3::new(dice.within(0.93..=1.07), dice.within(0.93..=1.07), dice.within(0.93..=1.07));
    (srgb(hex) * shade * drift).clamp(Vec3::ZERO, Vec3::ONE)
}

/// Approximate distance of two colours: 0 is equal, 1 black and white.
pub(crate) fn contrast(one: Vec3, other: Vec3) -> f32 {
    // The square root stands in for the eye's response to light.
    let root = |c: Vec3| Vec3::new(c.x.sqrt(), c.y.sqrt(), c.z.sqrt());
    (root(one) - root(other)).length() / 3.0f32.sqrt()
}
