// What Livewire does with an answer: it changes the component on the page into the server's HTML.

import morph from '@alpinejs/morph';
import Alpine from 'alpinejs';

Object.assign(window, { Alpine });
Alpine.plugin(morph);
Alpine.start();
