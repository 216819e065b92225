using Altmap.Core.Units;

namespace Altmap.Model.Memory.Steps;

/// <summary>What kernel code holds while others wait.</summary>
public enum LockName
{
    /// <summary>mem_hotplug_begin() for writers, get_online_mems() for readers.</summary>
    Hotplug,

    /// <summary>The device lock around probe and remove.</summary>
    Device,

    /// <summary>References to a device map: readers hold one from get_dev_pagemap() to put_dev_pagemap(); unmapping waits for
    /// them.</summary>
    PagemapReference,

    /// <summary>rcu_read_lock() around the look-up of a device map; synchronize_rcu() after an entry is taken out.</summary>
    Rcu,
}

/// <summary>How it is held.</summary>
public enum LockMode
{
    /// <summary>Beside other readers.</summary>
    Shared,

    /// <summary>Alone.</summary>
    Exclusive,
}

/// <summary>A lock taken or given back by a step.</summary>
/// <param name="Name">Which.</param>
/// <param name="Of">First page of the device that it belongs to; 0 for <see cref="LockName.Hotplug"/>.</param>
/// <param name="Mode">How.</param>
/// <param name="Acquires">The step waits until it can be taken.</param>
/// <param name="Releases">It is given back when the step is done.</param>
public readonly record struct LockUse(LockName Name, Pfn Of, LockMode Mode, bool Acquires, bool Releases);
