using System.Runtime.InteropServices;

namespace Altmap.Model.Explore.Search;

/// <summary>An array outside of the collected heap, at cache lines; it grows without a copy where the system can move pages.</summary>
internal sealed unsafe class NativeArray<T>
    where T : unmanaged
{
    private const int Line = 64;
    private void* _block;
    private long _capacity;

    /// <summary>The first element.</summary>
    public T* Items { get; private set; }

    /// <summary>What the system gave, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Room for as many; what there was stays, what is new is anything.</summary>
    public void Grow(long capacity)
    {
        if (capacity <= _capacity)
            return;
        long bytes = (capacity * sizeof(T)) + Line,
            before = _block == null ? 0 : (byte*)Items - (byte*)_block;
        void* block = NativeMemory.Realloc(_block, (nuint)bytes);
        var items = (T*)(((nint)block + Line - 1) & ~(nint)(Line - 1));
        if (_block != null && (byte*)items - (byte*)block != before)
            Buffer.MemoryCopy((byte*)block + before, items, _capacity * sizeof(T), _capacity * sizeof(T));
        _block = block;
        Items = items;
        (_capacity, Bytes) = (capacity, bytes);
    }

    /// <summary>As many zeroes; what there was is gone before.</summary>
    public void Renew(long capacity)
    {
        Free();
        long bytes = (capacity * sizeof(T)) + Line;
        _block = NativeMemory.AllocZeroed((nuint)bytes);
        Items = (T*)(((nint)_block + Line - 1) & ~(nint)(Line - 1));
        (_capacity, Bytes) = (capacity, bytes);
    }

    /// <summary>Gives it back now; else the collector does.</summary>
    public void Release() => Free();

    ~NativeArray() => Free();

    private void Free()
    {
        NativeMemory.Free(_block);
        _block = null;
        Items = null;
        (_capacity, Bytes) = (0, 0);
    }
}
