using Altmap.Core.Units;

namespace Altmap.Model.Memory;

/// <summary>Memory that kmem made of a device-dax device. It outlives the device's driver where a block of it was online: resource and
/// blocks then stay until reboot.</summary>
/// <param name="Device">As <c>dax0.0</c>.</param>
/// <param name="Range">Whole memory blocks.</param>
public sealed record KmemMemory(string Device, PhysicalRange Range);
